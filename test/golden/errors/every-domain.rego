package a

f({{t | t := 0}}) := 1

p if every x in internal.member_2(1) { x }
