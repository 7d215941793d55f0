/* own.h - one owner for every handle.
 *
 *     CM_DEFINE_OWN(thing, thing_free);          after the destructor's declaration
 *     CM_OWN(thing) t = NULL;                    freed when it leaves its scope ...
 *     *out = CM_STEAL(t);                        ... unless it is handed over
 */
#pragma once

#define CM_DEFINE_OWN(type, destroy)                                                               \
    static inline void cm_own_##type(struct type **at)                                             \
    {                                                                                              \
        destroy(*at);                                                                              \
    }                                                                                              \
    struct type

#define CM_OWN(type) __attribute__((cleanup(cm_own_##type))) struct type *

#define CM_STEAL(handle)                                                                           \
    __extension__({                                                                                \
        __typeof__(handle) stolen_ = (handle);                                                     \
        (handle) = NULL;                                                                           \
        stolen_;                                                                                   \
    })

/* For memory of plain malloc: CM_OWN_MEM char *text = strdup(...); */
void cm_own_mem(void *at);
#define CM_OWN_MEM __attribute__((cleanup(cm_own_mem)))

/* For file descriptors: CM_OWN_FD int fd = open(...); negative means none. */
void cm_own_fd(int *at);
#define CM_OWN_FD __attribute__((cleanup(cm_own_fd)))
