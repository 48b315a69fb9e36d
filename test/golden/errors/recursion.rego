package a

p if q

q if not p
