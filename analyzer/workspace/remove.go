package workspace

import "os"

// RemoveAll deletes a file or a folder, read-only folders in it included.
func RemoveAll(root *os.Root, name string) error {
	if err := root.RemoveAll(name); err == nil {
		return nil
	}
	if err := unlock(root, name); err != nil {
		return err
	}
	return root.RemoveAll(name)
}

// unlock makes a folder and those below it writable.
func unlock(root *os.Root, name string) error {
	info, err := root.Lstat(name)
	if err != nil || !info.IsDir() {
		return err
	}
	if err := root.Chmod(name, 0o700); err != nil {
		return err
	}
	folder, err := root.OpenRoot(name)
	if err != nil {
		return err
	}
	defer folder.Close()
	names, err := Names(folder)
	if err != nil {
		return err
	}
	for _, below := range names {
		if err := unlock(folder, below); err != nil {
			return err
		}
	}
	return nil
}

// Names lists a folder, in no order.
func Names(folder *os.Root) ([]string, error) {
	dir, err := folder.Open(".")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return dir.Readdirnames(-1)
}
