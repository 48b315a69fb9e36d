package a

# A key that has a dot is no path.
b["c.d"] := 1 if input.roles

b.c.d := 2 if input.roles

e["f.g"][x] := x if some x in ["q"]

e.f.g := 3

got := [b["c.d"], b.c.d, e["f.g"].q, e.f.g]
