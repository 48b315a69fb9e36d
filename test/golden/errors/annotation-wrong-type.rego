package a

# METADATA
# title: [a]
# entrypoint: maybe
p := 1
