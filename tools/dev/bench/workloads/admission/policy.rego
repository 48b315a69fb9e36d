package bench

result := {"allow": count(deny) == 0, "deny": deny}

containers := input.request.object.spec.containers

deny contains message if {
	some container in containers
	not trusted(container.image)
	message := sprintf("container %s: image %s comes from no trusted registry", [container.name, container.image])
}

deny contains message if {
	some container in containers
	endswith(container.image, ":latest")
	message := sprintf("container %s: image %s has no fixed tag", [container.name, container.image])
}

deny contains message if {
	some container in containers
	object.get(container, ["securityContext", "privileged"], false)
	message := sprintf("container %s is privileged", [container.name])
}

deny contains message if {
	some container in containers
	not object.get(container, ["securityContext", "runAsNonRoot"], false)
	message := sprintf("container %s may run as root", [container.name])
}

deny contains message if {
	some container in containers
	some resource in ["cpu", "memory"]
	not container.resources.limits[resource]
	message := sprintf("container %s has no limit of %v", [container.name, resource])
}

deny contains message if {
	some container in containers
	some port in container.ports
	port.containerPort < 1024
	message := sprintf("container %s listens on port %d", [container.name, port.containerPort])
}

deny contains message if {
	some name in ["app", "owner", "cost-centre"]
	not input.request.object.metadata.labels[name]
	message := sprintf("label %s is missing", [name])
}

trusted(image) if {
	some registry in ["registry.example.test/", "mirror.example.test/"]
	startswith(image, registry)
}
