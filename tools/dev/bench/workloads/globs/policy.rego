package bench

result := {
	"allow": allow,
	"tool": input.tool.name,
}

default allow := false

allow if {
	some pattern in allowed
	glob.match(pattern, ["."], input.tool.name)
	not refused
}

refused if {
	some path in input.arguments.paths
	some pattern in hidden
	glob.match(pattern, ["/"], path)
}

allowed := [
	"files.read.*", "files.list.*", "files.stat", "search.*.query",
	"search.{web,code}.*", "calendar.*.read", "mail.drafts.*", "mail.*.list",
	"tickets.{read,comment,list}", "wiki.**.read", "db.replica-?.select", "reports.**",
]

hidden := [
	"**/.ssh/**", "**/.git/**", "**/*.pem", "**/*.key", "/etc/**", "/proc/**", "**/.env*",
	"**/secrets/**", "/root/**", "**/id_[re]*", "**/*.{p12,pfx}",
]
