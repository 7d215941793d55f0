/* main.c - live-session: holds Twilio's media streams while calls last. */
#include "live.h"

int main(int argc, char **argv)
{
    return cm_service_main(&live_session, argc, argv);
}
