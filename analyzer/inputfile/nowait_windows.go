package inputfile

const noWait = 0
