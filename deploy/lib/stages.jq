# stages.jq - what ctest tells of a build's tests as JSON, back to the lines of a CTestTestfile.cmake.
# $stage: put before every name; $only: labels, one of which a test must have (empty: all).
def quote: "[==[" + tostring + "]==]";
def list: if type == "array" then map(tostring) | join(";") else tostring end;
def prefixed: if type == "array" then map("\($stage)/" + .) else "\($stage)/" + . end;
def property:
    if .name | test("^(FIXTURES_|DEPENDS$)") then .value |= prefixed
    elif .name == "LABELS" then .value += [$stage]
    else . end;
# Tests on the servers go in two lanes, one at a time in each: they wait more than they compute, so that on two cores two
# of them and one without servers go on beside each other.
def in_lane($lane):
    [.[] | select(.name == "RESOURCE_LOCK") | .value[]?] as $locks
    | map(select(.name != "RESOURCE_LOCK")) + [{name: "RESOURCE_LOCK", value: ($locks + ["servers-\($lane)"])}];
def needs_servers: . - (. - ["integration", "e2e"]) != [];
def labels: [.properties[] | select(.name == "LABELS") | .value[]];
[.tests[] | select(.command) | . + {labels: labels} | select($only == "" or (.labels - (.labels - ($only / " ")) != []))]
| reduce .[] as $test ({lane: 0, tests: []}; .lane as $lane |
    if $test.labels | needs_servers
    then {lane: (1 - .lane), tests: (.tests + [$test + {properties: ($test.properties | in_lane($lane))}])}
    else .tests += [$test] end)
| .tests[]
| "add_test(\("\($stage)/\(.name)" | quote) \(.command | map(quote) | join(" ")))",
  "set_tests_properties(\("\($stage)/\(.name)" | quote) PROPERTIES "
    + (.properties | map(property | "\(.name) \(.value | list | quote)") | join(" ")) + ")"
