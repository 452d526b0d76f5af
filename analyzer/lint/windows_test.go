package lint

import (
	"testing"
)

// TestCommandsOfWindows wants the commands of Unix shells, with either escape
// character, and none of files for Windows.
func TestCommandsOfWindows(t *testing.T) {
	for src, want := range map[string]int{
		"FROM debian:12\nRUN a && b":                                                               2,
		"# escape=`\nFROM debian:12\nRUN a `\n && b":                                               2,
		"# escape=`\nFROM registry.example.com/team/base\nRUN a && b":                              2,
		"# escape=`\nARG BASE\nFROM $BASE\nRUN a && b":                                             2,
		"# escape=`\nFROM mcr.microsoft.com/windows/nanoserver:ltsc2022\nRUN a && b":               0,
		"# escape=`\nFROM mcr.microsoft.com/dotnet/sdk:8.0-nanoserver-ltsc2022\nRUN a && b":        0,
		"# escape=`\nFROM mcr.microsoft.com/dotnet/sdk:8.0\nRUN a && b":                            2,
		"# escape=`\nFROM golang:1.24-windowsservercore AS x\nFROM x\nRUN a && b":                  0,
		"FROM mcr.microsoft.com/windows/servercore:ltsc2022\nRUN a && b":                           0,
		"FROM --platform=windows/amd64 golang\nRUN a && b":                                         0,
		"# escape=`\nFROM registry.example.com/base\nCOPY a C:\\a\nRUN a && b":                     0,
		"# escape=`\nFROM registry.example.com/base\nRUN powershell -Command a; b":                 0,
		"# escape=`\nFROM registry.example.com/base\nRUN setup.exe /quiet && b":                    0,
		"FROM mcr.microsoft.com/windows/servercore:ltsc2022\nSHELL [\"bash\", \"-c\"]\nRUN a && b": 2,
		"FROM mcr.microsoft.com/windows/servercore:ltsc2022\nSHELL [\"pwsh\", \"-c\"]\nRUN a && b": 0,
	} {
		s, err := NewSubject("Dockerfile", []byte(src+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		all := s.File.All()
		if got := len(s.Commands(all[len(all)-1])); got != want {
			t.Errorf("%q has %d commands, want %d", src, got, want)
		}
	}
}
