package authz

allow if data.authz.limits[input.name] > input.count

allow if data.authz.limits[input.name].deep[input.key]

limits.a := 1
limits.b := 2
limits.c := input.count
limits.d := 4
limits.e := 5
limits.f := 6
limits.g := 7
limits.h.deep.one := true
