package a

# METADATA
# authors:
# - 5
# - {mail: x}
p := 1
