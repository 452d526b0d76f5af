package rules

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/layerwise/layerwise/analyzer/dockerfile"
	"github.com/layerwise/layerwise/analyzer/lint"
	"github.com/layerwise/layerwise/analyzer/lint/finding"
)

var highUIDLog = &lint.Rule{
	ID:       "high-uid-log",
	Title:    "useradd with a high user id makes a huge log file",
	Severity: finding.Warning,
	Fix:      finding.Review,
	Hadolint: []string{"DL3046"},
	Doc: lint.Doc{
		Why: "useradd reserves a place in /var/log/lastlog and /var/log/faillog for each id up to the new one. On the disk the files " +
			"are sparse; in a layer's archive each byte counts until it is compressed, and it is unpacked at full size where the storage knows " +
			"no holes. With --no-log-init it does not touch them.",
		Bad:  "FROM debian:12\nRUN useradd --uid 1000700000 app\n",
		Good: "FROM debian:12\nRUN useradd --no-log-init --uid 1000700000 app\n",
	},
	Check: checkHighUID,
}

// highUID is the id from which on the files are worth a word: they take 292 and 32
// bytes an id.
const highUID = 100_000

func checkHighUID(p *lint.Pass) {
	for _, s := range p.File.Stages {
		for _, in := range s.Instructions {
			if in.Keyword == "RUN" && strings.Contains(in.Text, "useradd") {
				reportHighUID(p, in)
			}
		}
	}
}

func reportHighUID(p *lint.Pass, in *dockerfile.Instruction) {
	commands := p.Commands(in)
	for i := range commands {
		c := &commands[i]
		w, ok := c.Value("-u", "--uid")
		if !c.Is("useradd") || !ok || c.Has("-l", "--no-log-init") || c.HasLetter("l") {
			continue
		}
		text, ok := value(p, in, w)
		if id, err := strconv.ParseUint(text, 10, 32); !ok || err != nil || id < highUID {
			continue
		}
		p.ReportAt(commandSpan(p, in, c), fmt.Sprintf("useradd with id %s makes log files that are as long as the id is high; add --no-log-init", text),
			noLogInit(p, in, c.Program.End, c.Exact))
	}
}

func noLogInit(p *lint.Pass, in *dockerfile.Instruction, at int, exact bool) *finding.Fix {
	if !exact {
		return nil
	}
	return &finding.Fix{
		Message: "add --no-log-init",
		Safety:  finding.Review,
		Edits:   []finding.Edit{insert(p, in, at, " --no-log-init")},
	}
}
