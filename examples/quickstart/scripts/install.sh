#!/bin/sh
# install.sh MANIFEST FOLDER: puts each module of the manifest into the folder.
# It stands for the package manager of a real project: slow, and worth caching.
set -eu
manifest=$1 folder=$2

mkdir -p "$folder"
grep -v '^#' "$manifest" | sort | while read -r name version; do
	echo "installing $name $version"
	sleep 0.5 # the download
	case $name in
	colors) rule='body { color: #223; background: #fdfdf8 }' ;;
	layout) rule='body { max-width: 40em; margin: 2em auto }' ;;
	type) rule='body { font: 1.1em/1.5 serif }' ;;
	*)
		echo "there is no module $name" >&2
		exit 1
		;;
	esac
	printf '/* %s %s */\n%s\n' "$name" "$version" "$rule" >"$folder/$name.css"
done
