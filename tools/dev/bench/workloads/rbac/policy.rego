package bench

result := {
	"allow": allow,
	"reasons": reasons,
}

default allow := false

allow if {
	count(reasons) == 0
	every action in input.actions {
		permitted(action, input.resource)
	}
}

reasons contains "the subject is not active" if {
	not active(input.subject)
}

reasons contains concat("", ["the network ", input.context.network, " is not trusted"]) if {
	not input.context.network in data.networks
}

reasons contains "the session is too old" if {
	input.context.now - input.subject.session.started > data.limits.session
}

reasons contains concat("", ["the clearance is below the label ", label]) if {
	some label in input.resource.labels
	data.labels[label] > input.subject.clearance
}

active(subject) if {
	subject.status == "active"
	not subject.id in data.suspended
}

permitted(action, resource) if {
	some role in roles(input.subject)
	some grant in data.grants[role]
	matches(grant.actions, action)
	matches(grant.types, resource.type)
	within(grant.scope, resource)
}

roles(subject) := {role |
	some name in subject.roles
	some role in array.concat([name], object.get(data.inherits, name, []))
}

matches(wanted, _) if "*" in wanted

matches(wanted, actual) if actual in wanted

within("any", _) := true

within("tenant", resource) if resource.tenant == input.subject.tenant

within("own", resource) if resource.owner == input.subject.id
