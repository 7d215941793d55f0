// Who works here.
import { get } from "./api";
import { useResource, type Resource } from "./resource";
import type { User } from "./types";

export function useUsers(): Resource<User[]> {
    return useResource((signal) => get<User[]>("/api/users", { signal }), []);
}
