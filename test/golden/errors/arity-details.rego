package a

p if units.parse()
