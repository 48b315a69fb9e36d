package a

# METADATA
# title: x
#  - y: z: w
p := 1
