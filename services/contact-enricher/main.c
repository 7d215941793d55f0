/* main.c - contact-enricher: fills contacts in from what was said on the telephone. */
#include "handler.h"

int main(int argc, char **argv)
{
    return cm_service_main(&contact_enricher, argc, argv);
}
