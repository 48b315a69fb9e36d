# METADATA
# scope: subpackages
# title: x
package a

# METADATA
# scope: document
# title: one
p := 1

# METADATA
# scope: document
# title: two
p := 1
