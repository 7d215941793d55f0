/* callmill - sets an installation up and looks after it. */
#include "commands.h"

static const struct cli_command *const commands[] = {
    &command_migrate,          &command_topics,
    &command_doctor,           &command_org_add,
    &command_org_list,         &command_org_set,
    &command_org_remove,       &command_user_add,
    &command_user_list,        &command_user_set,
    &command_number_add,       &command_number_list,
    &command_number_set,       &command_number_remove,
    &command_analyzer_add,     &command_analyzer_list,
    &command_analyzer_set,     &command_analyzer_enable,
    &command_analyzer_disable, &command_dlq_list,
    &command_dlq_replay,       NULL,
};

int main(int argc, char **argv)
{
    return cli_main(commands, argc, argv);
}
