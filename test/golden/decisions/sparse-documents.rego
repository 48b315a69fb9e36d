package a

# Below a key that a variable names, a rule without members is not there.
r1[x].k contains 1 if some x in input.none

r1.j.k contains 2 if input.none

# Without a variable above it is there, and empty.
r2.j.k contains 2 if input.none

r3.j[x] := 1 if some x in input.none

r3[y].z := 1 if some y in input.none

r4.j[x] := 1 if some x in input.none

r5.j.k contains 2 if input.none

r5[x].k contains 1 if some x in ["q"]

r6.j.k contains 2 if input.none

r6[x].k contains 1 if some x in ["j"]

r7.j.k := 3

r7[x].m contains 1 if some x in ["j", "l"]

r8.j.k contains 1 if input.none

r8.j[x].l contains 1 if some x in ["h"]

# Complete rules are there with any value.
r9.j.k := {}

r9[x].m contains 1 if some x in input.none

asked := [defined |
	some name, value in {"r1": object.get(r1, "j", "none"), "r8": object.get(r8.j, "k", "none")}
	defined := [name, value]
]
