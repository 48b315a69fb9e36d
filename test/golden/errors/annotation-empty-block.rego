package a

# METADATA
#
p := 1
