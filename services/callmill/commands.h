/* commands.h - every command, each made in its noun's file. */
#pragma once
#include "cli.h"

extern const struct cli_command command_migrate;
extern const struct cli_command command_topics;
extern const struct cli_command command_org_add, command_org_list, command_org_set;
extern const struct cli_command command_org_remove;
extern const struct cli_command command_user_add, command_user_list, command_user_set;
extern const struct cli_command command_number_add, command_number_list;
extern const struct cli_command command_number_set, command_number_remove;
extern const struct cli_command command_analyzer_add, command_analyzer_list, command_analyzer_set;
extern const struct cli_command command_analyzer_enable, command_analyzer_disable;
extern const struct cli_command command_dlq_list, command_dlq_replay;
extern const struct cli_command command_doctor;
