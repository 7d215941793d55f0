/* main.c - transcriber: makes the words of a call out of its recording. */
#include "handler.h"

int main(int argc, char **argv)
{
    return cm_service_main(&transcriber, argc, argv);
}
