/* main.c - todo-extractor: finds what people took upon themselves on the telephone. */
#include "handler.h"

int main(int argc, char **argv)
{
    return cm_service_main(&todo_extractor, argc, argv);
}
