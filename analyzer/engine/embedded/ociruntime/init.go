//go:build linux

package ociruntime

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// initMain is the init stage: the first process in the container's namespaces. It
// returns only when it failed, after telling the monitor.
func initMain() int {
	// Identity, capabilities and system call filter are a thread's. All are set on
	// this one, which executes the program; the others end with that.
	runtime.LockOSThread()

	link := os.NewFile(linkFD, "link")
	// Answers go by its number: a file that is collected as garbage is closed.
	defer runtime.KeepAlive(link)
	err := initialize(link)
	var start *startError
	if !errors.As(err, &start) {
		start = &startError{Message: err.Error()}
	}
	if answer(linkFD, message{Error: start}) != nil {
		fmt.Fprintln(os.Stderr, initName+": "+start.Message) // nobody listens: called by hand
	}
	return 1
}

func initialize(link *os.File) error {
	// End with the monitor. Had it ended before, the link would say so.
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return fmt.Errorf("parent-death signal: %w", err)
	}
	// Whatever the caller left open, nothing of it reaches the program.
	if err := unix.CloseRange(linkFD, ^uint(0), unix.CLOSE_RANGE_CLOEXEC); err != nil {
		return fmt.Errorf("close inherited files: %w", explainMount(err))
	}
	o, err := receiveOrder(link)
	if err != nil {
		return err
	}
	if err := checkSpec(o.Spec); err != nil {
		return err
	}
	ns, err := parseNamespaces(o.Spec.Linux.Namespaces)
	if err != nil {
		return err
	}
	if err := prepareProcess(o, ns); err != nil {
		return err
	}
	unix.Umask(0) // modes are those asked for, while files are made
	err = enterRootfs(o.Spec, func(r rootDir) error {
		if !o.Spec.Process.Terminal {
			return nil
		}
		return newTerminal(r, o.Spec.Process, linkFD)
	})
	if err != nil {
		return err
	}
	if err := nameHost(o.Spec, ns); err != nil {
		return err
	}
	return becomeProgram(o.Spec)
}

// prepareProcess sets what does not depend on the file system.
func prepareProcess(o order, ns namespaces) error {
	if _, err := unix.Setsid(); err != nil {
		return fmt.Errorf("new session: %w", err)
	}
	if score := o.Spec.Process.OOMScoreAdj; score != nil {
		if err := setOOMScore(*score); err != nil {
			return err
		}
	}
	if !o.NoNewKeyring {
		if err := newKeyring(o.ID, o.Spec.Linux.Seccomp != nil); err != nil {
			return err
		}
	}
	if ns.create&unix.CLONE_NEWNET != 0 {
		if err := enableLoopback(); err != nil {
			return err
		}
	}
	// Nobody looks into this process while it is not the program yet.
	return unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
}

// setOOMScore sets how willingly the kernel ends this process when memory is
// short. Without privileges it can only be raised: lowering is then left out, as
// runc does.
func setOOMScore(score int) error {
	const file = "/proc/self/oom_score_adj"
	err := os.WriteFile(file, []byte(strconv.Itoa(score)), 0)
	if errors.Is(err, os.ErrPermission) && !idMapped("uid", maxID) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("out-of-memory score: %w", err)
	}
	return nil
}

// maxID is the highest uid. It exists outside user namespaces only.
const maxID = 1<<32 - 2

// newKeyring gives the container a session keyring of its own. Kernels without
// keyrings have none to share. An ordinary user has a quota of keys; when it is
// used up the container keeps the old keyring only if it has a filter, since
// those of build steps forbid its use.
func newKeyring(id string, filtered bool) error {
	_, err := unix.KeyctlJoinSessionKeyring(Name + "." + id)
	if err == nil || errors.Is(err, unix.ENOSYS) || filtered && errors.Is(err, unix.EDQUOT) {
		return nil
	}
	return fmt.Errorf("session keyring: %w", err)
}

func nameHost(spec *specs.Spec, ns namespaces) error {
	if spec.Hostname == "" && spec.Domainname == "" {
		return nil
	}
	if !ns.has(unix.CLONE_NEWUTS) {
		return errors.New("a host name is set, but no UTS namespace: it would rename the host")
	}
	if spec.Hostname != "" {
		if err := unix.Sethostname([]byte(spec.Hostname)); err != nil {
			return fmt.Errorf("host name: %w", err)
		}
	}
	if spec.Domainname != "" {
		if err := unix.Setdomainname([]byte(spec.Domainname)); err != nil {
			return fmt.Errorf("domain name: %w", err)
		}
	}
	return nil
}
