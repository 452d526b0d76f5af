package inputfile

// NoWait is nothing: there are no named pipes among files.
const NoWait = 0
