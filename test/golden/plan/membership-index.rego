package authz

allow contains "admin" if "admin" in input.roles
allow contains "audit" if "audit" in input.roles
allow contains "build" if "build" in input.roles
allow contains "chief" if "chief" in input.roles
allow contains "draft" if {
	"draft" in input.roles
	input.kind == "text"
}
allow contains "enter" if "enter" in input.roles
allow contains "field" if "field" in input.roles
allow contains "guest" if not input.roles
