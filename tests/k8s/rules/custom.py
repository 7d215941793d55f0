"""Custom resources: without their operator's schema at hand, what is known of the few that are used.

Whoever has the operators' CustomResourceDefinitions as files has them checked in full: tests/k8s/audit --crds FOLDER.
"""
from manifests import dig, name_of
from rules import rule

# kind: (apiVersion, what its spec may hold, what it must hold)
SHAPES = {
    "Kafka": ("kafka.strimzi.io/v1", {"kafka", "entityOperator", "clusterCa", "clientsCa", "kafkaExporter"},
              {"kafka", "entityOperator"}),
    "KafkaNodePool": ("kafka.strimzi.io/v1", {"replicas", "roles", "storage", "resources", "template", "jvmOptions"},
                      {"replicas", "roles", "storage"}),
    "KafkaTopic": ("kafka.strimzi.io/v1", {"partitions", "replicas", "config", "topicName"}, {"partitions", "replicas"}),
    "KafkaUser": ("kafka.strimzi.io/v1", {"authentication", "authorization", "quotas", "template"},
                  {"authentication", "authorization"}),
    "Cluster": ("postgresql.cnpg.io/v1", {
        "instances", "imageName", "primaryUpdateStrategy", "minSyncReplicas", "maxSyncReplicas", "storage", "walStorage",
        "resources", "postgresql", "bootstrap", "managed", "affinity", "plugins"}, {"instances", "storage", "bootstrap"}),
    "Database": ("postgresql.cnpg.io/v1", {"cluster", "name", "owner", "databaseReclaimPolicy"}, {"cluster", "name", "owner"}),
    "DatabaseRole": ("postgresql.cnpg.io/v1", {"cluster", "name", "ensure", "login", "passwordSecret"}, {"cluster", "name"}),
    "ScheduledBackup": ("postgresql.cnpg.io/v1", {"schedule", "immediate", "backupOwnerReference", "cluster", "method",
                                                  "pluginConfiguration"}, {"schedule", "cluster", "method"}),
    "ObjectStore": ("barmancloud.cnpg.io/v1", {"retentionPolicy", "configuration"}, {"retentionPolicy", "configuration"}),
    "ScaledObject": ("keda.sh/v1alpha1", {"scaleTargetRef", "minReplicaCount", "maxReplicaCount", "pollingInterval",
                                          "cooldownPeriod", "fallback", "advanced", "triggers"},
                     {"scaleTargetRef", "minReplicaCount", "maxReplicaCount", "triggers"}),
    "TriggerAuthentication": ("keda.sh/v1alpha1", {"secretTargetRef", "configMapTargetRef"}, {"secretTargetRef"}),
    "ServiceMonitor": ("monitoring.coreos.com/v1", {"jobLabel", "selector", "endpoints", "sampleLimit"},
                       {"selector", "endpoints"}),
    "PrometheusRule": ("monitoring.coreos.com/v1", {"groups"}, {"groups"}),
    "ExternalSecret": ("external-secrets.io/v1", {"refreshInterval", "secretStoreRef", "target", "data"},
                       {"refreshInterval", "secretStoreRef", "target", "data"}),
}
BUILT_IN = ("v1", "apps/v1", "batch/v1", "policy/v1", "networking.k8s.io/v1", "autoscaling/v2")


@rule
def custom_resources(world):
    for one in world.manifests.objects:
        if one["apiVersion"] in BUILT_IN:
            continue
        version, may, must = SHAPES.get(one["kind"], (None, set(), set()))
        if one["apiVersion"] != version:
            yield name_of(one), f"{one['apiVersion']}: want {version}"
            continue
        for key in sorted(set(one["spec"]) - may):
            yield name_of(one), f"spec has no {key}"
        for key in sorted(must - set(one["spec"])):
            yield name_of(one), f"spec lacks {key}"


@rule
def kafka_cluster(world):
    """Strimzi looks at labels: an object without the cluster's name belongs to nobody, silently."""
    names = {one["metadata"]["name"] for one in world.manifests.of("Kafka")}
    for one in world.manifests.of("KafkaNodePool", "KafkaTopic", "KafkaUser"):
        label = dig(one, "metadata", "labels", "strimzi.io/cluster")
        if label not in names:
            yield name_of(one), f"belongs to no Kafka: strimzi.io/cluster is {label}"
    for kafka in world.manifests.of("Kafka"):
        brokers = sum(pool["spec"]["replicas"] for pool in world.manifests.of("KafkaNodePool") if "broker" in pool["spec"]["roles"])
        config = dig(kafka, "spec", "kafka", "config", default={})
        for key in ("default.replication.factor", "offsets.topic.replication.factor", "transaction.state.log.replication.factor"):
            if not 0 < int(config.get(key, 0)) <= brokers:
                yield name_of(kafka), f"{key} is {config.get(key)} with {brokers} brokers"
        if str(config.get("auto.create.topics.enable")) != "false":
            yield name_of(kafka), "makes a topic of every misspelt name"
        for pool in world.manifests.of("KafkaNodePool"):
            for volume in dig(pool, "spec", "storage", "volumes", default=[]):
                if volume.get("type") != "persistent-claim" or volume.get("deleteClaim"):
                    yield name_of(pool), "its data goes with the pool"


@rule
def database_cluster(world):
    """The three roles of schemas/sql/0003_roles.sql, and backups that belong to this cluster."""
    clusters = {one["metadata"]["name"]: one for one in world.manifests.of("Cluster")}
    for name, one in clusters.items():
        roles = {role["name"] for role in dig(one, "spec", "managed", "roles", default=[])}
        roles.add(dig(one, "spec", "bootstrap", "initdb", "owner"))
        if roles != {"callmill_owner", "callmill_worker", "callmill_api"}:
            yield name_of(one), f"makes the roles {' '.join(sorted(filter(None, roles)))}"
        if dig(one, "spec", "minSyncReplicas", default=0) >= one["spec"]["instances"]:
            yield name_of(one), "a commit would wait for standbys that are not there"
        stores = {store["metadata"]["name"] for store in world.manifests.of("ObjectStore")}
        archive = [dig(plugin, "parameters", "barmanObjectName") for plugin in dig(one, "spec", "plugins", default=[])
                   if plugin.get("isWALArchiver")]
        if stores and set(archive) != stores:
            yield name_of(one), f"archives to {archive}, the ObjectStores are {sorted(stores)}"
    for one in world.manifests.of("ScheduledBackup", "Database", "DatabaseRole"):
        if dig(one, "spec", "cluster", "name") not in clusters:
            yield name_of(one), f"is of no Cluster: {dig(one, 'spec', 'cluster', 'name')}"
        if one["kind"] == "ScheduledBackup" and len(one["spec"]["schedule"].split()) != 6:
            yield name_of(one), "its schedule has six fields, seconds first"
