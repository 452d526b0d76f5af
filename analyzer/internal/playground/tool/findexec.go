//go:build linux

package tool

import (
	"errors"
	"path/filepath"
	"strings"
)

func (q *findParser) exec(inDir bool) (findTest, error) {
	var command []string
	for {
		if len(q.words) == 0 {
			return nil, errors.New("missing argument to `-exec'")
		}
		word := q.take()
		if word == ";" {
			break
		}
		if word == "+" && len(command) > 0 && command[len(command)-1] == "{}" {
			return q.execMany(command[:len(command)-1]), nil
		}
		command = append(command, word)
	}
	if len(command) == 0 {
		return nil, errors.New("invalid argument `;' to `-exec'")
	}
	return func(v *visit) bool {
		p, name := *q.f.p, v.name
		if inDir {
			p.Dir, name = filepath.Dir(v.path), "./"+filepath.Base(v.path)
		}
		args := make([]string, len(command))
		for i, word := range command {
			args[i] = strings.ReplaceAll(word, "{}", name)
		}
		return p.run(q.f.ctx, args) == 0
	}, nil
}

func (q *findParser) execMany(command []string) findTest {
	var names []string
	size := 0
	flush := func() {
		if len(names) == 0 {
			return
		}
		if q.f.p.run(q.f.ctx, append(command[:len(command):len(command)], names...)) != 0 {
			q.f.status = 1
		}
		names, size = nil, 0
	}
	q.f.atEnd = append(q.f.atEnd, flush)
	return func(v *visit) bool {
		names = append(names, v.name)
		if size += len(v.name) + 9; size > maxCommandLine {
			flush()
		}
		return true
	}
}

const maxCommandLine = 128 << 10
