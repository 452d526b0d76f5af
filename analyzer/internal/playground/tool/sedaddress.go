//go:build linux

package tool

import "regexp"

func (e *sedEditor) selected(c *sedCommand) bool {
	n := e.input.number
	switch {
	case c.addr1 == nil:
		return true
	case c.addr2 == nil:
		return e.matches(c.addr1)
	case c.active:
		switch a := c.addr2; {
		case c.last > 0:
			c.active = n < c.last
			return n <= c.last
		default:
			c.active = !e.matches(a)
		}
		return true
	}
	zero := c.addr1.line == 0 && c.addr1.step == 0 && c.addr1.re == nil && !c.addr1.final && !c.addr1.reuse
	if zero {
		if n == 1 {
			c.active = !e.matches(c.addr2)
			c.last = 0
			return true
		}
		return false
	}
	if !e.matches(c.addr1) {
		return false
	}
	switch a := c.addr2; {
	case a.plus >= 0:
		c.last = n + a.plus
	case a.until > 0:
		c.last = (n + a.until - 1) / a.until * a.until
	case a.re == nil && !a.reuse && !a.final:
		c.last = max(a.line, n)
	default:
		c.last = 0
		c.active = !(a.final && e.input.last())
		return true
	}
	c.active = n < c.last
	return true
}

func (e *sedEditor) matches(a *sedAddress) bool {
	switch {
	case a.final:
		return e.input.last()
	case a.re != nil || a.reuse:
		re := e.regexp(a.re)
		return re != nil && re.Match(e.space)
	case a.step > 0:
		return e.input.number >= a.line && (e.input.number-a.line)%a.step == 0
	}
	return e.input.number == a.line
}

func (e *sedEditor) regexp(re *regexp.Regexp) *regexp.Regexp {
	if re != nil {
		e.lastRE = re
	}
	return e.lastRE
}
