# shellcheck shell=bash disable=SC2034,SC2154 # what is set in one piece is read in another
# inspect.sh - what every image, and every container of a service, has to be like.

complaints=0
complain() {
    say "complaint: $*"
    complaints=$((complaints + 1))
}

want() { # WHAT GOT WANTED
    [ "$2" = "$3" ] || complain "$1 is '$2', want '$3'"
}

image_says() { podman image inspect --format "$2" "$(image_of "$1")"; } # TARGET GO-TEMPLATE

inspect_images() {
    local target
    printf '\n%-18s %8s  %s\n' image "MB" "of which its own, beyond the base"
    for target in "${targets[@]}"; do
        image_sizes "$target"
        image_labels "$target"
        image_content "$target"
    done
    echo
    for target in "${services[@]}"; do
        want "health check of $target" "$(image_says "$target" '{{join .HealthCheck.Test " "}}')" "CMD $target --healthcheck"
        want "entry point of $target" "$(image_says "$target" '{{join .Config.Entrypoint " "}}')" "$target"
    done
    for target in "${services[@]}" callmill; do
        want "$target in the image of all" "$(contained_run all -- "$target" --version)" "$target $version"
    done
}

image_sizes() { # TARGET
    local size base
    size=$(image_says "$1" '{{.Size}}')
    base=$(podman image inspect --format '{{.Size}}' "$base_image")
    printf '%-18s %8d  %8d\n' "$1" $((size / 1000000)) $(((size - base) / 1000000))
}

image_labels() { # TARGET
    local label
    want "user of $1" "$(image_says "$1" '{{.Config.User}}')" 10001:10001
    for label in title description licenses; do
        [ -n "$(image_label "$1" "$label")" ] || complain "$1 has no label $label"
    done
    want "version of $1" "$(image_label "$1" version)" "$version"
    want "revision of $1" "$(image_label "$1" revision)" "$revision"
    want "date of $1" "$(image_label "$1" created)" "$source_date"
}

image_label() { image_says "$1" "{{index .Config.Labels \"org.opencontainers.image.$2\"}}"; } # TARGET LABEL

# Looked at from inside: no compiler, build tool or HTTP client, nothing that apt leaves, every library found.
image_content() { # TARGET
    local found
    found=$(podman run --rm --no-healthcheck --network none --user 0 --entrypoint sh "$(image_of "$1")" -c '
        for tool in gcc cc c++ ld as make ninja cmake python3 perl-doc node npm pip curl wget git; do command -v $tool; done
        ls -d /var/lib/apt/lists/*_* /var/cache/apt/archives/*.deb /var/cache/apt/*.bin /src /out /run/images/* 2>/dev/null
        find / -xdev \( -path /proc -o -path /sys \) -prune -o -perm -o+w ! -type l ! -perm -1000 -print
        for program in /usr/local/bin/*; do [ ! -f "$program" ] || ldd "$program" | grep "not found"; done
        find /usr/local/bin /usr/local/share/callmill ! -user 0 2>/dev/null
        true')
    [ -z "$found" ] || complain "$1 holds what it should not: $(xargs <<<"$found")"
}

inspect_containers() {
    local name
    for name in "${services[@]}"; do container_is_confined "$name"; done
    podman run --rm --no-healthcheck --network host --env ADMIN_ADDR=127.0.0.1:1 "$(image_of reporter)" --healthcheck >/dev/null 2>&1 &&
        complain "reporter --healthcheck finds a service where there is none"
    say "${#services[@]} containers: uid 10001, no capabilities, read-only, limited, healthy"
}

container_is_confined() { # NAME
    local container=$container_prefix$1 status limit
    status=$(podman exec "$container" cat /proc/1/status) || { complain "$1 has no container"; return; }
    want "uid of $1" "$(awk '$1 == "Uid:" { print $2 }' <<<"$status")" 10001
    want "capabilities of $1" "$(awk '$1 == "CapPrm:" || $1 == "CapBnd:" { print $2 }' <<<"$status" | xargs)" \
        "0000000000000000 0000000000000000"
    want "NoNewPrivs of $1" "$(awk '$1 == "NoNewPrivs:" { print $2 }' <<<"$status")" 1
    ! podman exec --user 0 "$container" sh -c ': >/usr/local/x' 2>/dev/null || complain "$1 can write to its root"
    limit=$(podman inspect --format '{{.HostConfig.Memory}}' "$container")
    want "memory limit of $1" "$limit" "$(numfmt --from=iec "$(memory_of "$1" | tr "[:lower:]" "[:upper:]")")"
    podman exec "$container" "$1" --healthcheck || complain "$1 is not healthy"
}

# What is spoilt on purpose has to be found, or the silence above means nothing.
inspect_spoilt() {
    local image container=${container_prefix}spoilt found sign
    image=$(buildah bud --quiet --isolation chroot --network host --format docker -t localhost/callmill/spoilt:"$version" \
        -f - "$run_dir/call" <<SPOILT
FROM $(image_of reporter)
USER 0
LABEL org.opencontainers.image.revision=another
RUN cp /bin/true /usr/bin/gcc && touch /var/lib/apt/lists/some_list && chmod o+w /etc/passwd
SPOILT
    ) || die "the spoilt image could not be built"
    found=$(image_labels spoilt && image_content spoilt)
    for sign in "user of spoilt" "revision of spoilt" /usr/bin/gcc some_list /etc/passwd; do
        [[ $found == *"$sign"* ]] || complain "nobody found '$sign' in a spoilt image"
    done
    podman run --detach --rm --no-healthcheck --network none --memory 64m --name "$container" --entrypoint sleep \
        "$image" 60 >/dev/null
    found=$(container_is_confined spoilt 2>&1)
    podman rm --force "$container" >/dev/null
    for sign in "uid of" "capabilities of" "NoNewPrivs of" "can write to its root" "memory limit of" "is not healthy"; do
        [[ $found == *"$sign"* ]] || complain "nobody found '$sign' in a container that is not confined"
    done
    podman rmi "$image" >/dev/null
}
