/* api-gateway - the REST API. */
#include "gateway.h"

int main(int argc, char **argv)
{
    return cm_service_main(&api_gateway, argc, argv);
}
