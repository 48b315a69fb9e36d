package a

# METADATA
# title:x
# scope:rule
p := 1
