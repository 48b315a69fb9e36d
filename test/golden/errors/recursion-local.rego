package a

p[x] := 2 if {
	x := p
	false
}
