/* main.c - call-ingest: takes Twilio's webhooks, stores recordings, asks about what never came. */
#include "ingest.h"

int main(int argc, char **argv)
{
    return cm_service_main(&call_ingest, argc, argv);
}
