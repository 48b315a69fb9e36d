package authz

default allow := false

allow if input.user == "alice"

reason := "admin" if {
	input.role == "admin"
} else := "owner" if {
	input.user == data.owners[input.resource]
}
