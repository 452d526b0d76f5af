//go:build ignore

// generate writes the system call tables of this folder, one line "name number"
// per call in numeric order, from the constants in golang.org/x/sys/unix.
package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var constant = regexp.MustCompile(`(?m)^\s*SYS_(\w+)\s*=\s*(\d+)`)

// private are 32-bit ARM's own calls, which the package leaves out:
// arch/arm/include/uapi/asm/unistd.h.
var private = map[string]int{"breakpoint": 0xf0001, "cacheflush": 0xf0002, "set_tls": 0xf0005}

func main() {
	log.SetFlags(0)
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", "golang.org/x/sys/unix").Output()
	if err != nil {
		log.Fatal(err)
	}
	for _, arch := range []string{"386", "amd64", "arm", "arm64"} {
		source, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "zsysnum_linux_"+arch+".go"))
		if err != nil {
			log.Fatal(err)
		}
		numbers := map[string]int{}
		if arch == "arm" {
			numbers = private
		}
		for _, m := range constant.FindAllStringSubmatch(string(source), -1) {
			number, err := strconv.Atoi(m[2])
			if err != nil {
				log.Fatal(err)
			}
			numbers[strings.ToLower(m[1])] = number
		}
		var names []string
		for name := range numbers {
			if name != "syscall_mask" {
				names = append(names, name)
			}
		}
		slices.SortFunc(names, func(a, b string) int { return numbers[a] - numbers[b] })
		var out strings.Builder
		for _, name := range names {
			fmt.Fprintf(&out, "%s %d\n", name, numbers[name])
		}
		if err := os.WriteFile(arch+".txt", []byte(out.String()), 0o644); err != nil {
			log.Fatal(err)
		}
	}
}
