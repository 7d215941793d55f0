/* main.c - analyzer-runner: asks an organization's analyzers about each call. */
#include "handler.h"

int main(int argc, char **argv)
{
    return cm_service_main(&analyzer_runner, argc, argv);
}
