package authz

violations contains message if {
	some index, container in input.containers
	not startswith(container.image, "registry/")
	message := sprintf("container %d: %v", [index, container.image])
}

sizes[name] := count(items) if some name, items in input.lists

all_small if {
	every size in sizes {
		size < 3
	}
}

allow if {
	all_small
	count(violations) == 0
}
