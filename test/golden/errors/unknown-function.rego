package a

p if contians(input.x, "y")

q := count(1, 2, 3)
