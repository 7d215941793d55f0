# stages.jq - what ctest tells of a build's tests as JSON, back to the lines of a CTestTestfile.cmake.
# $stage: put before every name; $only: labels, one of which a test must have (empty: all); $without: a label that it must
# not have.
def quote: "[==[" + tostring + "]==]";
def list: if type == "array" then map(tostring) | join(";") else tostring end;
def prefixed: if type == "array" then map("\($stage)/" + .) else "\($stage)/" + . end;
def property:
    if .name | test("^(FIXTURES_|DEPENDS$)") then .value |= prefixed
    elif .name == "LABELS" then .value += [$stage]
    else . end;
# So many tests at a time have a stack on the servers as stage_resources allows.
def with_stack: . + [{name: "RESOURCE_GROUPS", value: "servers:1"}];
def needs_servers: . - (. - ["integration", "e2e"]) != [];
def labels: [.properties[] | select(.name == "LABELS") | .value[]];
.tests[] | select(.command) | . + {labels: labels} | select($only == "" or (.labels - (.labels - ($only / " ")) != []))
| select(.labels | index($without) | not)
| (if .labels | needs_servers then .properties |= with_stack else . end)
| "add_test(\("\($stage)/\(.name)" | quote) \(.command | map(quote) | join(" ")))",
  "set_tests_properties(\("\($stage)/\(.name)" | quote) PROPERTIES "
    + (.properties | map(property | "\(.name) \(.value | list | quote)") | join(" ")) + ")"
