package golden.format.comments

# Where OPA's formatter loses a comment, or writes code behind one, the text stays as it was.
a if {
	startswith( # of what
		input.x, "y") # how
	input.y == # what
	1 # one
}

b := [ # first
	# alone
	1]

c # of what
contains x if { # some
	x := # the first
	1 # only
}

d(x, # left
	y) := # sum
	x + y # of both
