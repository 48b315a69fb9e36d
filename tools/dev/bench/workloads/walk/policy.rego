package bench

result := {"secrets": count(secrets), "longest": longest}

secrets contains path if {
	[path, value] = walk(input)
	value == "secret"
}

longest := max([count(value) |
	[_, value] = walk(input)
	is_string(value)
])
