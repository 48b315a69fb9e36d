package bench

result := {"findings": findings}

findings contains name if {
	some name, pattern in patterns
	regex.match(pattern, input.body)
}

patterns := {
	"aws_access_key": `\b(?:AKIA|ASIA)[0-9A-Z]{16}\b`,
	"card_number": `\b(?:4[0-9]{3}|5[1-5][0-9]{2}|3[47][0-9]{2})[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{3,4}\b`,
	"email": `(?i)[a-z0-9._%+-]+@[a-z0-9.-]+\.(?:com|org|net|io)\b`,
	"github_token": `gh[pousr]_[A-Za-z0-9]{36,}`,
	"iban": `\b[A-Z]{2}[0-9]{2}(?: ?[0-9A-Z]{4}){4,7}\b`,
	"ipv4": `\b(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\b`,
	"jwt": `eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}`,
	"password": `(?i)(?:password|passwd|secret|api[_-]?key)\s*[:=]\s*["']?[^\s"']{8,}`,
	"phone": `\+[0-9]{1,3}[ -]?\(?[0-9]{2,4}\)?(?:[ -]?[0-9]{2,4}){2,4}`,
	"private_key": `-----BEGIN (?:RSA |EC |OPENSSH )?PRIVATE KEY-----`,
	"slack_token": `xox[baprs]-[0-9A-Za-z-]{10,48}`,
	"ssn": `\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b`,
}
