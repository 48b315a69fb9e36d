package a

p if {
	x > 1
	count(y, z)
}
