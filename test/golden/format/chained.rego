package golden.format.chained

p(x, _) if {
	x == 1 # one
} {
	# two
	x == 2
}

q := {"a": "b"} if { input.x } # beside
{ input.y }
