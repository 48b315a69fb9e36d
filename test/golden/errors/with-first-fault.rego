package a

q := 1 if input.x with fop as 1 with gop as 2

r if units.parse()
