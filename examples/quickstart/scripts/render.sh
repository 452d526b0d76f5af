#!/bin/sh
# render.sh PAGES THEME OUT: makes a page of each text, and an index of them.
# The first line of a text is its title. Empty lines, and lines that start with
# "#", do not get into the page.
set -eu
pages=$1 theme=$2 out=$3

mkdir -p "$out"
cat "$theme"/*.css >"$out/style.css"

start() { # start TITLE
	echo '<!doctype html>'
	echo "<meta charset=utf-8><title>$1</title><link rel=stylesheet href=style.css>"
	echo "<h1>$1</h1>"
}

for page in "$pages"/*.txt; do
	name=$(basename "$page" .txt)
	echo "rendering $name"
	title=$(sed -n 1p "$page")
	{
		start "$title"
		sed -e 1d -e '/^#/d' -e '/^ *$/d' -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e 's,.*,<p>&</p>,' "$page"
	} >"$out/$name.html"
done

{
	start "$SITE_NAME"
	for page in "$pages"/*.txt; do
		name=$(basename "$page" .txt)
		words=$(sed -e 1d -e '/^#/d' "$page" | wc -w | tr -d ' ')
		echo "<p><a href=$name.html>$(sed -n 1p "$page")</a>, $words words</p>"
	done
} >"$out/index.html"

cd "$out"
sha256sum *.html style.css | sort -k 2 >checksums.txt
