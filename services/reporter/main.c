/* main.c - reporter: mails a call's report once everything about it is known. */
#include "reporter.h"

int main(int argc, char **argv)
{
    return cm_service_main(&reporter, argc, argv);
}
