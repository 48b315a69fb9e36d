package a

p := msg if {
	a := ["x"]
	msg := $"{a[_]}"
}
