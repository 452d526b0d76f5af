//go:build linux

package tool

import (
	"bufio"
	"os"
	"strconv"
	"strings"
)

// account is a line of /etc/passwd or /etc/group. They are read here, and not through os/user,
// because that may call the C library, which looks for plug-ins that the image does not have.
type account struct {
	name   string
	id     int // user or group id
	fields []string
}

// accounts reads a file like /etc/passwd; a missing one is empty.
func accounts(path string) []account {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	var list []account
	for sc := bufio.NewScanner(f); sc.Scan(); {
		fields := strings.Split(sc.Text(), ":")
		if len(fields) < 3 {
			continue
		}
		if id, err := strconv.Atoi(fields[2]); err == nil {
			list = append(list, account{fields[0], id, fields})
		}
	}
	return list
}

const (
	passwdFile = "/etc/passwd"
	groupFile  = "/etc/group"
)

// idOf returns the id of a name in file. A number that is no name stands for itself.
func idOf(file, name string) (int, bool) {
	for _, a := range accounts(file) {
		if a.name == name {
			return a.id, true
		}
	}
	id, err := strconv.ParseUint(name, 10, 31)
	return int(id), err == nil
}

// namer looks up names of ids, and reads each file once.
type namer struct{ users, groups map[int]string }

func newNamer() *namer {
	return &namer{namesByID(passwdFile), namesByID(groupFile)}
}

func namesByID(file string) map[int]string {
	names := map[int]string{}
	for _, a := range accounts(file) {
		if _, ok := names[a.id]; !ok {
			names[a.id] = a.name
		}
	}
	return names
}

// nameOr returns the name of an id, or the number when it has none.
func nameOr(names map[int]string, id int) string {
	if name, ok := names[id]; ok {
		return name
	}
	return strconv.Itoa(id)
}
