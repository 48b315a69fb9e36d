package a

# METADATA
# scope: function
p := 1
